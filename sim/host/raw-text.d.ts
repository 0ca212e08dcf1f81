// Files that the bundler takes in as text.

declare module '*?raw' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: the bundler's form of a text module
  export default text;
}

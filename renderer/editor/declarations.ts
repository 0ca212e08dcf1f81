// The text that tells the editor what scripts see; its one source is beside the API itself.

const FILES: Readonly<Record<string, string>> = import.meta.glob(
  '../../sim/script/declarations/**/*.d.ts',
  { query: '?raw', import: 'default', eager: true },
);

/** Every declaration file by its name. */
export function scriptDeclarations(): readonly { readonly name: string; readonly text: string }[] {
  return Object.entries(FILES).map(([path, text]) => ({ name: path.replace(/^.*[/]/, ''), text }));
}

// Monaco's dark, light and high contrast, on the colours of the workbench (theme/colors.css has the same).

import { editor } from 'monaco-editor/editor/editor.api.js';
import type { ThemeName } from '../../sim/protocol/api.ts';

const DARK: editor.IStandaloneThemeData = {
  base: 'vs-dark',
  inherit: true,
  rules: [
    { token: 'comment', foreground: '7a9e6a' },
    { token: 'keyword', foreground: '569cd6' },
    { token: 'number', foreground: 'b5cea8' },
    { token: 'string', foreground: 'ce9178' },
    { token: 'type', foreground: '4ec9b0' },
    { token: 'type.identifier', foreground: '4ec9b0' },
  ],
  colors: {
    'editor.background': '#1f1f1f',
    'editor.foreground': '#cccccc',
    'editorLineNumber.foreground': '#6e7681',
    'editorLineNumber.activeForeground': '#cccccc',
    'editor.lineHighlightBackground': '#2a2a2a',
    'editor.lineHighlightBorder': '#00000000',
    'editorIndentGuide.background1': '#333333',
    'editorWidget.background': '#252526',
    'editorWidget.border': '#454545',
    'editorGutter.background': '#1f1f1f',
    focusBorder: '#0078d4',
  },
};

const LIGHT: editor.IStandaloneThemeData = {
  base: 'vs',
  inherit: true,
  rules: [
    { token: 'comment', foreground: '4b7a3a' },
    { token: 'keyword', foreground: '0000cc' },
    { token: 'number', foreground: '096d48' },
    { token: 'string', foreground: 'a31515' },
    { token: 'type', foreground: '1f7080' },
    { token: 'type.identifier', foreground: '1f7080' },
  ],
  colors: {
    'editor.background': '#ffffff',
    'editor.foreground': '#1f1f1f',
    'editorLineNumber.foreground': '#6e7781',
    'editorLineNumber.activeForeground': '#1f1f1f',
    'editor.lineHighlightBackground': '#f3f3f3',
    'editor.lineHighlightBorder': '#00000000',
    'editorIndentGuide.background1': '#e4e4e4',
    'editorWidget.background': '#f8f8f8',
    'editorWidget.border': '#c8c8c8',
    focusBorder: '#005fb8',
  },
};

const CONTRAST: editor.IStandaloneThemeData = {
  base: 'hc-black',
  inherit: true,
  rules: [
    { token: 'comment', foreground: '8fd97b' },
    { token: 'keyword', foreground: '7cc5ff' },
    { token: 'number', foreground: 'c8f0b0' },
    { token: 'string', foreground: 'ffb38a' },
    { token: 'type', foreground: '6ff0d6' },
    { token: 'type.identifier', foreground: '6ff0d6' },
  ],
  colors: {
    'editor.background': '#000000',
    'editor.foreground': '#ffffff',
    'editorLineNumber.foreground': '#d0d0d0',
    'editorLineNumber.activeForeground': '#ffffff',
    'editorWidget.background': '#000000',
    'editorWidget.border': '#6fc3df',
    'editorGutter.background': '#000000',
    focusBorder: '#f38518',
  },
};

/** Makes the themes known; called once. */
export function defineEditorThemes(): void {
  editor.defineTheme('substream-dark', DARK);
  editor.defineTheme('substream-light', LIGHT);
  editor.defineTheme('substream-contrast', CONTRAST);
}

/** Switches all editors. */
export function setEditorTheme(theme: ThemeName): void {
  editor.setTheme(`substream-${theme}`);
}

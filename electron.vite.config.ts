import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const root = import.meta.dirname;

// Electron 33.3.0 (Chromium 130, Node 20.18) is the oldest that must run what is built here.
export default defineConfig({
  main: {
    build: {
      target: 'node20.18',
      sourcemap: true,
      externalizeDeps: true,
      rollupOptions: {
        input: {
          main: resolve(root, 'main/main.ts'),
          'session-worker': resolve(root, 'sim/host/session-worker.ts'),
          'trace-worker': resolve(root, 'sim/host/trace-worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' },
      },
    },
  },
  preload: {
    build: {
      target: 'node20.18',
      // A sandboxed preload is one CommonJS file that can only require `electron`.
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: resolve(root, 'preload/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [react()],
    worker: { format: 'es' },
    build: {
      target: 'chrome130',
      minify: true,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 20_000,
      rollupOptions: { input: resolve(root, 'renderer/index.html') },
    },
  },
});

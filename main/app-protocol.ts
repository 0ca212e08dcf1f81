// Serves the built window at app://workbench/ with a strict policy: no inline script, no other origin.
// A scheme of our own rather than file://, so that the page has an origin and workers are allowed.

import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { Protocol } from 'electron';

const SCHEME = 'app';

/** Origin of the only page there is. */
export const APP_ORIGIN = `${SCHEME}://workbench`;

/** How the scheme must be registered before the app is ready. */
export const SCHEME_PRIVILEGES = {
  scheme: SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
} as const;

/** Styles may be inline: Monaco, xterm and dockview make theirs at run time. Scripts never. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-src 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ');

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
};

/**
 * The file that a request means.
 *
 * @returns an absolute path inside `root`, or undefined for another host or a way out of the folder
 */
export function fileOfRequest(root: string, url: string): string | undefined {
  const { host, pathname } = new URL(url);
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  const file = normalize(join(root, path === '/' ? 'index.html' : path));
  const inside = file.startsWith(root + sep);
  return host === new URL(APP_ORIGIN).host && inside && !path.includes('\0') ? file : undefined;
}

/** Answers every request of the scheme from `root`, an absolute folder. */
export function serveApp(protocol: Protocol, root: string): void {
  protocol.handle(SCHEME, async (request) => {
    const file = fileOfRequest(root, request.url);
    const type = file === undefined ? undefined : MEDIA_TYPES[extname(file)];
    if (file === undefined || type === undefined || request.method !== 'GET') {
      return new Response('not found', { status: 404 });
    }
    try {
      const body = await readFile(file);
      return new Response(new Uint8Array(body), { headers: headersFor(type) });
    } catch {
      return new Response('not found', { status: 404 });
    }
  });
}

function headersFor(type: string): Record<string, string> {
  return {
    'Content-Type': type,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
}

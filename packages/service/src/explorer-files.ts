import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import files from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Beside this package, in the repository and in node_modules. */
const BUILT = fileURLToPath(new URL('../../explorer/dist/', import.meta.url));

/** Scripts and styles from here alone; images from wherever the pins have them. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "img-src 'self' http: https:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The explorer's page under /explorer, where it was built. @param directory Default: that of @pinsage/explorer. */
export async function addExplorerFiles(app: FastifyInstance, directory: string = BUILT): Promise<void> {
  if (!existsSync(directory)) return;
  await app.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'open' };
      route.schema = { ...route.schema, hide: true };
    });
    pages.addHook('onSend', async (_, reply) => {
      reply.header('content-security-policy', POLICY).header('referrer-policy', 'no-referrer');
    });
    await pages.register(files, { root: directory, prefix: '/explorer/', decorateReply: false });
    pages.get('/explorer', async (_, reply) => reply.redirect('/explorer/'));
  });
}

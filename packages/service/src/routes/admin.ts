import { Type } from 'typebox';
import { answers, strict, withKey } from '../schemas.js';
import type { Routes } from './route.js';

/** What those with a key may do to the service. */
export function addAdmin(app: Routes, swap: () => Promise<void>): void {
  app.post(
    '/v1/admin/swap',
    {
      config: { access: 'write' },
      schema: {
        operationId: 'swap',
        tags: ['service'],
        summary: 'Puts a newly trained run in the place of the current one, without a request failing',
        security: withKey,
        response: answers(strict({ swapped: Type.Literal(true) })),
      },
    },
    async () => {
      await swap();
      return { swapped: true } as const;
    },
  );
}

import { PinSageError } from '@pinsage/native';
import { Type } from 'typebox';
import { ServiceError } from '../errors.js';
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
      await swap().catch(refuse);
      return { swapped: true } as const;
    },
  );
}

/** There is no argument that the client could correct. */
function refuse(error: unknown): never {
  if (error instanceof PinSageError && error.code === 'INVALID_ARGUMENT')
    throw new ServiceError('NOT_SWAPPED', error.message);
  throw error;
}

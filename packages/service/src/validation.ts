import { Ajv, type ValidateFunction } from 'ajv';
import type { FastifyInstance } from 'fastify';

/**
 * Texts of an address become numbers where the schema says so; values of a body have to be of their types as they are, for an id that
 * is a number may have lost digits already. What a schema does not name is an error rather than left out.
 */
export function checkRequests(app: FastifyInstance): void {
  const common = { useDefaults: true, removeAdditional: false, allErrors: false, strict: false } as const;
  const body = new Ajv({ ...common, coerceTypes: false });
  const address = new Ajv({ ...common, coerceTypes: true });
  app.setValidatorCompiler(({ schema, httpPart }): ValidateFunction => {
    return (httpPart === 'body' ? body : address).compile(schema as object);
  });
}

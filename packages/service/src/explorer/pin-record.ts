/** A described pin as JSON can have it: its id is a text, and so are integers that a number cannot hold. */
export function pinRecord(record: Record<string, unknown>): Record<string, unknown> & { id: string } {
  const values = Object.entries(record).map(([name, value]) => [name, jsonValue(value)]);
  return { ...Object.fromEntries(values), id: String(record.id) };
}

function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value;
}

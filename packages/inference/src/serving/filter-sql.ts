import { identifier, literal } from '@pinsage/graph';
import { type Condition, type FilterValue, timeOf } from './filter.js';

/** A condition in SQL and the values that it names. */
export interface SqlCondition {
  condition: string;
  values: Record<string, string | number | bigint | boolean>;
}

const COMPARISONS = { gte: '>=', gt: '>', lte: '<=', lt: '<' };

/** Conditions as DuckDB evaluates them. Values are bound, and names quoted. */
export function filterSql(conditions: Condition[]): SqlCondition {
  const values: SqlCondition['values'] = {};
  const bind = (value: Exclude<FilterValue, null>): string => {
    const name = `value${Object.keys(values).length}`;
    values[name] = value;
    return `$${name}`;
  };
  const condition = conditions.map((condition) => `(${sqlOf(condition, bind)})`).join(' AND ') || 'true';
  return { condition, values };
}

function sqlOf(condition: Condition, bind: (value: Exclude<FilterValue, null>) => string): string {
  const { kind, operator, values } = condition;
  const expression = expressionOf(condition);
  const bound = values
    .filter((value) => value !== null)
    .map((value) => (kind === 'time' ? `make_timestamp_ms(CAST(${bind(timeOf(value)!)} AS BIGINT))` : bind(value)));
  if (operator !== 'in' && operator !== 'notIn') return `${expression} ${COMPARISONS[operator]} ${bound[0]}`;
  const missing = values.includes(null);
  const among =
    kind === 'list'
      ? `list_has_any(${expression}, [${bound.join(', ')}]::VARCHAR[])`
      : bound.length > 0
        ? `${expression} IN (${bound.join(', ')})`
        : 'false';
  const holds = `(CASE WHEN ${expression} IS NULL THEN ${missing} ELSE ${among} END)`;
  return operator === 'in' ? holds : `NOT ${holds}`;
}

function expressionOf({ column: { name, stored, separator }, kind }: Condition): string {
  const column = identifier(name);
  if (kind === 'time') return `CAST(${column} AS TIMESTAMP)`;
  if (kind === 'list')
    return stored === 'typed'
      ? `CAST(${column} AS VARCHAR[])`
      : `list_transform(string_split(${column}, ${literal(separator!)}), item -> trim(item))`;
  if (stored === 'typed' || kind === 'text') return column;
  return `TRY_CAST(${column} AS ${kind === 'number' ? 'DOUBLE' : 'BOOLEAN'})`;
}

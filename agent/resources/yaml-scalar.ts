import { parseDocument, type Scalar } from 'yaml';

/** How a value is written: as its neighbours are where that can hold it, and in double quotes where it cannot. */
export function written(json: string, like: Scalar.Type | null): string {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'string' || like === 'QUOTE_DOUBLE') return json;
  if (like === 'QUOTE_SINGLE' && isSimple(value)) return `'${value.replaceAll("'", "''")}'`;
  return isPlain(value) ? value : json;
}

/** Nothing that only double quotes can say. */
const isSimple = (value: string): boolean => /^[^\p{Cc}\u2028\u2029\ufeff]*$/u.test(value);

/**
 * Plain for every reader, in a flow list too, where most characters mean something. kubelet and kubectl read YAML 1.1,
 * to which `on` is a truth and `010` an eight.
 */
function isPlain(value: string): boolean {
  if (!isSimple(value)) return false;
  return (['1.1', '1.2'] as const).every((version) => {
    const { contents, errors, warnings } = parseDocument(`[${value}]`, { version, prettyErrors: false });
    const read: unknown = errors.length + warnings.length > 0 ? null : contents?.toJSON();
    return Array.isArray(read) && read.length === 1 && read[0] === value;
  });
}

/** As much of HTTP/1.1 as a read-only endpoint needs. Pure. */

export type Request = { readonly method: string; readonly path: string };

/** The first line of a head (RFC 9112, section 3), with lines that could be header fields; `null`: it is not HTTP. */
export function requestIn(head: string): Request | null {
  const [first = '', ...fields] = head.split('\r\n');
  const line = /^([A-Z]{1,16}) (\/[!-~]{0,255}) HTTP\/1\.[01]$/.exec(first);
  if (line === null || !fields.every((field) => FIELD.test(field))) return null;
  // A scraper may add parameters; there are none that mean anything here.
  return { method: line[1]!, path: line[2]!.replace(/\?.*$/, '') };
}

/** A name, and any visible bytes (RFC 9110, section 5). */
const FIELD = /^[!#$%&'*+.^`|~\w-]+:[\t\x20-\x7e\x80-\xff]*$/;

const REASONS = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;
export type Code = keyof typeof REASONS;

/** More than that is no status, and would fill somebody's memory. */
const MOST_BYTES = 64 * 1024;

export function response(code: Code, type: string, body: string): string {
  const length = Buffer.byteLength(body);
  if (length > MOST_BYTES) return plain(500, `The answer would be ${length} bytes long, which nobody takes.`);
  const head = [
    `HTTP/1.1 ${code} ${REASONS[code]}`,
    `Content-Type: ${type}`,
    `Content-Length: ${length}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    ...(code === 405 ? ['Allow: GET'] : []),
    ...(code === 429 || code === 503 ? ['Retry-After: 1'] : []),
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** A sentence for whoever asked. */
export const plain = (code: Code, sentence: string): string =>
  response(code, 'text/plain; charset=utf-8', `${sentence}\n`);

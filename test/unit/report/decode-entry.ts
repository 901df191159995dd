/**
 * journald's native protocol read back, strictly as systemd.io/JOURNAL_NATIVE_PROTOCOL says: a field ends at its
 * newline, or is as long as its 64 bit length says. Written apart from the encoder that it tests.
 */
export function decodeEntry(datagram: Uint8Array): Record<string, string> {
  const bytes = Buffer.from(datagram);
  const fields: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(0x0a, at);
    if (newline < 0) throw new Error('a field without an end');
    const line = bytes.subarray(at, newline);
    const equals = line.indexOf(0x3d);
    let name = line.toString('utf8');
    let value: Buffer;
    if (equals >= 0) {
      name = line.subarray(0, equals).toString('utf8');
      value = line.subarray(equals + 1);
      at = newline + 1;
    } else {
      const length = Number(bytes.readBigUInt64LE(newline + 1));
      value = bytes.subarray(newline + 9, newline + 9 + length);
      at = newline + 9 + length + 1;
      if (bytes[at - 1] !== 0x0a) throw new Error(`${name} does not end with its length`);
    }
    if (!/^[A-Z_][A-Z0-9_]{0,63}$/.test(name)) throw new Error(`not a field: ${JSON.stringify(name)}`);
    if (name in fields) throw new Error(`${name} twice`);
    fields[name] = value.toString('utf8');
  }
  return fields;
}

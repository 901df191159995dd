// A Debian mirror for the lab's hosts: "node mirror.mjs FOLDER ADDRESS:PORT" serves the files of one folder, and nothing else.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';

const [folder, at] = process.argv.slice(2);
const [address, port] = at.split(':');

createServer((request, response) => {
  const file = join(folder, basename(decodeURIComponent(new URL(request.url, 'http://mirror').pathname)));
  const size = statSync(file, { throwIfNoEntry: false });
  if (size === undefined || !size.isFile()) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-length': size.size });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file).pipe(response);
}).listen(Number(port), address);

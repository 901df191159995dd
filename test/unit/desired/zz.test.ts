import { test } from 'vitest';
import { lesson, LESSON } from './lesson.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { candidateOf } from '../../../agent/desired/candidate.ts';
import { KINDS } from '../../../agent/resources/index.ts';
test('x', async () => {
  let text = 'files:\n'; for (let i = 0; i < 600; i++) text += `  /etc/x/f${i}: { content: "a <%= it.node.name %> ${i}\\n", mode: "0644", validate: "true {file}", notify: { reload: a${i}.service } }\n`;
  text += 'sysctls:\n'; for (let i = 0; i < 200; i++) text += `  net.x.y${i}: "${i}"\n`;
  text += 'units:\n'; for (let i = 0; i < 200; i++) text += `  a${i}.service: { running: true }\n`;
  text += 'ufw:\n  enabled: true\n  rules:\n'; for (let i = 0; i < 200; i++) text += `    - allow from 10.1.${i}.0/24 to any port 22 proto tcp\n`;
  const files = lesson({ 'defaults.yaml': text });
  for (let k = 0; k < 6; k++) {
    const t = performance.now(); const c = process.cpuUsage();
    const found = await candidateOf({ tree: memoryTree(files), from: { directory: 'x' }, identity: { hostname: 'kubernetes-node-2', addresses: new Map() }, checkAddress: false, kinds: KINDS });
    console.log('resources' in found ? found.resources.length : found, performance.now() - t, process.cpuUsage(c).user / 1000);
  }
});

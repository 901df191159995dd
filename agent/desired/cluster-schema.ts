import * as z from 'zod';
import { healthSection } from './health-schema.ts';
import { metallbSection } from './metallb-schema.ts';
import { LOAD_BALANCERS } from './load-balancer.ts';
import { interfaceName, ipv4, nodeName } from './names.ts';
import { repositoryPathProblem } from './paths.ts';
import { rolloutSection } from './rollout-schema.ts';
import { integer, mapOf, mistake, oneOf, strict, truth, wants } from './schema.ts';
import { secretName } from './secret-name.ts';

/** cluster.yaml: what is true of the whole cluster. What its parts must be to each other is in `invariants.ts`. */

const inFiles = z
  .string(wants('the name of a file', 'Name a file under files/.'))
  .superRefine((name, context) => {
    const message = repositoryPathProblem(name);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

const PASSWORD_HOW =
  'Write { secret: NAME } for a secret under secrets/, up to 8 characters in quotes, or { file: NAME } for a file under files/ that holds them.';
const authPass = z
  .union(
    [
      z.string(),
      strict({ file: inFiles.describe('A file under files/ that holds the password.') }, PASSWORD_HOW),
      strict(
        {
          secret: secretName.describe(
            'The name of a secret under secrets/: made with "holdfast secret set".',
          ),
        },
        PASSWORD_HOW,
      ),
    ],
    {
      // The value is never quoted: it may be the password.
      error: ({ input }) =>
        input === null || input === undefined
          ? mistake(input, '', PASSWORD_HOW)
          : typeof input === 'number'
            ? `digits alone are a number to YAML. ${PASSWORD_HOW}`
            : `is not a password. ${PASSWORD_HOW}`,
    },
  )
  .describe(
    'The VRRPv2 password, at most 8 characters. It stops accidents, not people: it is sent in clear text.',
  );

const vrrpSection = strict(
  {
    routerId: integer(1, 255, 'Choose one that no other VRRP group in this network has.').describe(
      "The virtual router id (VRID), 1 to 255. Must be unique in the network; 51 is everybody's preset.",
    ),
    version: z
      .literal([2, 3], wants('2 or 3', 'Write version: 2 or version: 3.'))
      .default(2)
      .describe(
        'VRRP version. 2 is what keepalived does by default; 3 allows fractions of a second and has no password.',
      ),
    advertInterval: z
      .number(wants('a number of seconds', 'Write seconds without a unit, as in 1.'))
      .default(1)
      .describe('Seconds between adverts. Whole seconds in version 2, fractions such as 0.2 in version 3.'),
    transport: oneOf(['multicast', 'unicast'])
      .default('multicast')
      .describe('multicast to 224.0.0.18, or unicast to each peer.'),
    preempt: truth('Write true, or false to leave the virtual IP where it is until its holder fails.')
      .default(true)
      .describe(
        'true: the node with the highest priority takes the virtual IP back when it can serve again. false: whoever has it keeps it.',
      ),
    authPass: authPass.optional(),
  },
  'Write vrrp: { routerId: 51 }.',
).describe('The VRRP group that carries the virtual IP. All nodes must agree on it, preempt aside.');

const ADDRESS_HOW = 'Write { address: 10.1.1.2 }, with its own address.';
const address = ipv4(ADDRESS_HOW).describe("The node's own IPv4 address on the cluster's interface.");
const node = strict(
  {
    address,
    priority: integer(1, 254, 'The highest is MASTER.')
      .optional()
      .describe('VRRP priority, 1 to 254. Default: 101 minus the number at the end of the hostname.'),
  },
  ADDRESS_HOW,
);
const worker = strict({ address }, ADDRESS_HOW);

const CLUSTER_NAME_HOW = 'Write a short name, as in home.';
const PORT_HOW = "Write the API server's port, as in 6443.";
export const clusterFile = strict(
  {
    name: z
      .string(wants('a name', CLUSTER_NAME_HOW))
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
        wants('a name of letters, digits, ".", "_" and "-"', CLUSTER_NAME_HOW),
      )
      .describe('A name for people and logs.'),
    vip: ipv4('Write the virtual IP address, as in 10.1.233.1.').describe(
      'The virtual IPv4 address that clients of the API server use.',
    ),
    apiPort: integer(1, 65535, PORT_HOW)
      .default(6443)
      .describe("The API server's port, on the VIP and on each node."),
    interface: interfaceName.describe('The network interface that carries the node addresses and the VIP.'),
    vrrp: vrrpSection,
    loadBalancer: oneOf(LOAD_BALANCERS)
      .default('haproxy')
      .describe(
        'What stands in front of the API servers: roles/haproxy.yaml or roles/nginx.yaml is read for the control plane.',
      ),
    nodes: mapOf(nodeName, node, 'Write one line a node, as in pi-1: { address: 10.1.1.1 }.').describe(
      'The control plane nodes by hostname. The highest priority is MASTER, the others are BACKUP.',
    ),
    workers: mapOf(nodeName, worker, 'Write one line a worker, or remove "workers".')
      .default({})
      .describe('Worker nodes by hostname: managed by roles/worker.yaml, without a part in VRRP.'),
    metallb: metallbSection,
    health: healthSection,
    rollout: rolloutSection,
  },
  'Begin with name, vip, interface, vrrp and nodes.',
);
export type ClusterFile = z.output<typeof clusterFile>;

import * as z from 'zod';
import { agentFile } from '../config-schema.ts';
import { clusterFile } from './cluster-schema.ts';
import { layerFile } from './layer-schema.ts';
import { recipientsFile } from './recipients-schema.ts';

/**
 * Schemas for editors: completion, and each key's description as hover text. They know less than `validate`, which
 * also sees what files must be to each other.
 */
export function editorSchemas(): Readonly<Record<string, object>> {
  return {
    'cluster.schema.json': schemaOf(clusterFile, 'cluster.yaml', 'What is true of the whole cluster.'),
    'layer.schema.json': schemaOf(
      layerFile,
      'defaults.yaml, roles/*.yaml, hosts/*.yaml',
      'What hosts shall have.',
    ),
    'recipients.schema.json': schemaOf(
      recipientsFile,
      'secrets/recipients.yaml',
      'Whom secrets are encrypted to.',
    ),
    'agent.schema.json': schemaOf(
      agentFile,
      '/etc/holdfast/agent.yaml',
      'How the agent finds its desired state.',
    ),
  };
}

function schemaOf(schema: z.ZodType, title: string, description: string): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
  });
  return { $schema, title, description, ...rest };
}

import {
  isMap,
  isScalar,
  parseDocument,
  type DocumentOptions,
  type ParseOptions,
  type SchemaOptions,
} from 'yaml';

/**
 * How kubelet, kubeadm and kubectl read a YAML file: YAML 1.1, in which `on` is a truth and `010` an eight, but without
 * times, and with 0o for octals (sigs.k8s.io/yaml, goyaml.v2/resolve.go). Of a key that stands twice the last counts.
 */
export const KUBELET_YAML: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  uniqueKeys: false,
  prettyErrors: false,
  customTags: (tags) => [
    OCTAL,
    ...tags.filter(
      (tag) =>
        typeof tag === 'string' || (tag.format !== 'TIME' && tag.tag !== 'tag:yaml.org,2002:timestamp'),
    ),
  ],
};

const OCTAL = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text: string): number =>
    (text.startsWith('-') ? -1 : 1) * Number.parseInt(text.replace(/^[-+]?0o/, '').replaceAll('_', ''), 8),
} as const;

/** What a value that stands in no quotes is for kubelet; `otherwise` where it cannot be told by itself. */
export function kubeletReads(plain: string, otherwise: unknown): unknown {
  const { contents } = parseDocument(`key: ${plain}`, KUBELET_YAML);
  const node = isMap(contents) ? contents.get('key', true) : null;
  return isScalar(node) ? node.value : otherwise;
}

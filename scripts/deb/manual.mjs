import { commandsIn } from './command-line.mjs';

// holdfast(1), from the commands as the program defines them: man(7), without a warning from mandoc or groff.

/** `date`: of the newest change, as in 2026-03-01. */
export function manual(program, { version, date }) {
  return [
    `.TH HOLDFAST 1 "${date}" "holdfast ${version}" "Holdfast"`,
    '.SH NAME',
    text('holdfast - keeps a host in the state that its owner committed to Git'),
    '.SH SYNOPSIS',
    '.B holdfast',
    '.I command',
    text('[options]'),
    '.SH DESCRIPTION',
    ...paragraphs(DESCRIPTION),
    '.SH COMMANDS',
    ...commandsIn(program).flatMap(commandOf),
    '.SH CONFIGURATION',
    ...paragraphs(CONFIGURATION),
    '.SH EXIT STATUS',
    ...EXIT_STATUS.flatMap(([code, means]) => tagged(code, means)),
    '.SH FILES',
    ...FILES.flatMap(([path, what]) => tagged(path, what)),
    '.SH SEE ALSO',
    '.BR journalctl (1),',
    '.BR systemctl (1),',
    '.BR keepalived.conf (5),',
    '.BR ufw (8)',
    '.PP',
    text('The manual of the state repository is /usr/share/doc/holdfast/README.md.gz.'),
    '',
  ].join('\n');
}

const DESCRIPTION = [
  'Holdfast keeps the hosts of a self-hosted Kubernetes control plane (keepalived, HAProxy and a virtual IP) in the state that is committed to a Git repository. Each host runs one agent, holdfast.service, which pulls. What was well before a change and is not afterwards takes the change back.',
  'When two wishes collide, the earlier one wins: never strand the host; never break the virtual IP; say why; be fast and small.',
];
const CONFIGURATION = [
  '/etc/holdfast/agent.yaml says which repository to follow. As the package brings it, all of it is comment: then holdfast.service does not start, says so once, and waits for: systemctl start holdfast',
  'What hosts shall have is written in the repository. /usr/share/holdfast/desired-state is a template of one, and /usr/share/holdfast/schema has schemas for editors.',
];
const EXIT_STATUS = [
  ['0', 'Done, or nothing to do.'],
  ['1', 'Failed, or taken back.'],
  ['2', 'plan: there are changes.'],
  ['3', 'The newest commit, or the rollback asked for, is refused.'],
  ['4', 'This host is not in the cluster.'],
  ['5', 'Nothing was changed: this host is paused, or the commit is held.'],
  ['64', 'Wrong usage.'],
  ['75', 'Somebody else holds the lock.'],
];
const FILES = [
  ['/etc/holdfast/agent.yaml', 'Which repository to follow, and when.'],
  ['/var/lib/holdfast', 'What is managed here, how it was first seen, and a change that has not ended.'],
  ['/run/holdfast', 'Locks, and what lives no longer than a boot.'],
  ['/usr/share/holdfast/desired-state', 'The template of a state repository.'],
];

function commandOf({ words, command }) {
  const usage = [...words, ...command.registeredArguments.map(named)].join(' ');
  const options = command.options.flatMap(({ flags, description }) => tagged(flags, description));
  return [
    '.TP',
    `.B ${escaped(usage)}`,
    text(`${command.description()}.`),
    ...(options.length === 0 ? [] : ['.RS', ...options, '.RE']),
  ];
}

const named = (argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`);

const paragraphs = (texts) => texts.flatMap((one, n) => (n === 0 ? [text(one)] : ['.PP', text(one)]));

const tagged = (tag, description) => ['.TP', `.B ${escaped(tag)}`, text(description)];

/** A line that begins with a dot or an apostrophe would be a request, groff(7). */
const text = (line) => escaped(line).replace(/^([.'])/, '\\&$1');
const escaped = (line) => line.replaceAll('\\', '\\e').replaceAll('-', '\\-');

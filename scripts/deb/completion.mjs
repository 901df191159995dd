// Bash completion, from the commands as the program defines them.
import { commandsIn } from './command-line.mjs';

/** What may stand behind an option, by the name that its help gives it; anything else is for the person to say. */
const VALUES = { DIR: 'compgen -d', FILE: 'compgen -f' };

export function bashCompletion(program) {
  const commands = commandsIn(program);
  const first = [...new Set(commands.map(({ words: [word] }) => word)), 'help'];
  return `# holdfast(1) completion                                    -*- shell-script -*-
# Made from the program's own commands.

_holdfast() {
  local word=\${COMP_WORDS[COMP_CWORD]} typed="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  COMPREPLY=()
  case \${COMP_WORDS[COMP_CWORD - 1]} in
${valuesOf(commands).join('\n')}
  esac
  case $typed in
    '') mapfile -t COMPREPLY < <(compgen -W '${first.join(' ')} --help --version' -- "$word") ;;
    help) mapfile -t COMPREPLY < <(compgen -W '${first.join(' ')}' -- "$word") ;;
${parents(commands).join('')}${commands.map(wordsOf).join('\n')}
  esac
}

complete -o filenames -F _holdfast holdfast
`;
}

function valuesOf(commands) {
  const options = commands.flatMap(({ command }) => command.options).filter(({ required }) => required);
  const offers = new Map(options.map(({ long, flags }) => [long, VALUES[/<(\w+)>/.exec(flags)?.[1]]]));
  return [...offers].map(([long, from]) =>
    from === undefined
      ? `    ${long}) return ;;`
      : `    ${long}) mapfile -t COMPREPLY < <(${from} -- "$word") && return ;;`,
  );
}

/** A command that has commands of its own, however deep: `secret recipients add` is below two. */
function parents(commands) {
  const below = new Map();
  for (const { words } of commands)
    for (let depth = 1; depth < words.length; depth += 1) {
      const parent = words.slice(0, depth).join(' ');
      below.set(parent, (below.get(parent) ?? new Set()).add(words[depth]));
    }
  return [...below].map(
    ([parent, names]) =>
      `    '${parent}') mapfile -t COMPREPLY < <(compgen -W '${[...names].join(' ')}' -- "$word") ;;\n`,
  );
}

/** Its options, and folders where it takes one. */
function wordsOf({ words, command }) {
  const options = [...command.options.map(({ long }) => long), '--help'].join(' ');
  const folder = command.registeredArguments.some((argument) => argument.name() === 'dir');
  const offers = `compgen -W '${options}' -- "$word"${folder ? '; compgen -d -- "$word"' : ''}`;
  return `    '${words.join(' ')}'*) mapfile -t COMPREPLY < <(${offers}) ;;`;
}

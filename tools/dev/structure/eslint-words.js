/** ESLint plugin: keeps the words of words.json out of the names that files declare, out of file names and out of doc comments. */
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';

const { words: entries, names: allowedNames } = JSON.parse(
  readFileSync(new URL('words.json', import.meta.url), 'utf8'),
);
const rules = entries.map(({ words, instead, allowedIn, onlyNames }) => ({
  words: words.map((word) => ({ parts: word.split(' '), text: word })),
  instead,
  allowedIn: allowedIn && new RegExp(allowedIn),
  inDocs: onlyNames ? undefined : new RegExp(`\\b(${words.join('|')})\\b`, 'gi'),
}));

/** `hasHeardText2` → has, heard, text. */
function partsOf(name) {
  return (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((part) => part.toLowerCase());
}

function droppedIn(name, rulesHere) {
  const parts = partsOf(name);
  for (const { words, instead } of rulesHere) {
    const word = words.find(({ parts: sought }) =>
      parts.some((_, at) => sought.every((part, offset) => parts[at + offset] === part)),
    );
    if (word) return { name, word: word.text, instead };
  }
  return undefined;
}

/** The identifiers that a pattern declares: `{ a, b: [c] = d }` → a, c. */
function* declaredIn(pattern) {
  switch (pattern?.type) {
    case 'Identifier':
      yield pattern;
      break;
    case 'ObjectPattern':
      // `{ a }` takes over another's name; `{ a: b }` gives a new one.
      for (const property of pattern.properties)
        if (property.type === 'RestElement') yield* declaredIn(property.argument);
        else if (!property.shorthand) yield* declaredIn(property.value);
      break;
    case 'ArrayPattern':
      for (const element of pattern.elements) yield* declaredIn(element);
      break;
    case 'AssignmentPattern':
      yield* declaredIn(pattern.left);
      break;
    case 'RestElement':
      yield* declaredIn(pattern.argument);
      break;
    case 'TSParameterProperty':
      yield* declaredIn(pattern.parameter);
      break;
  }
}

const plainWords = {
  meta: {
    type: 'suggestion',
    docs: {
      description: 'keeps dropped words out of names and doc comments (tools/dev/structure/words.json)',
    },
    messages: {
      name: "The name {{name}} has the dropped word '{{word}}'; use: {{instead}}.",
      file: "The file name {{name}} has the dropped word '{{word}}'; use: {{instead}}.",
      docs: "A doc comment has the dropped word '{{word}}'; use: {{instead}}.",
    },
    schema: [],
  },
  create(context) {
    const path = relative(context.cwd, context.filename).replaceAll('\\', '/');
    const rulesHere = rules.filter(({ allowedIn }) => !allowedIn?.test(path));
    const checkName = (node) => {
      if (!node || Object.hasOwn(allowedNames, node.name)) return;
      const dropped = droppedIn(node.name, rulesHere);
      if (dropped) context.report({ node, messageId: 'name', data: dropped });
    };
    const checkKey = (node) => {
      if (!node.computed && (node.key.type === 'Identifier' || node.key.type === 'PrivateIdentifier'))
        checkName(node.key);
    };
    const checkId = (node) => checkName(node.id);
    const checkParameters = (node) => {
      for (const parameter of node.params) for (const name of declaredIn(parameter)) checkName(name);
    };
    const checkFunction = (node) => {
      checkId(node);
      checkParameters(node);
    };
    return {
      Program(node) {
        const dropped = droppedIn(basename(path), rulesHere);
        if (dropped) context.report({ loc: { line: 1, column: 0 }, messageId: 'file', data: dropped });
        for (const comment of context.sourceCode.getAllComments()) {
          if (comment.type !== 'Block' || !comment.value.startsWith('*')) continue;
          for (const { inDocs, instead } of rulesHere)
            for (const [word] of inDocs ? comment.value.matchAll(inDocs) : [])
              context.report({
                node: comment,
                messageId: 'docs',
                data: { word: word.toLowerCase(), instead },
              });
        }
        return node;
      },
      VariableDeclarator(node) {
        for (const name of declaredIn(node.id)) checkName(name);
      },
      FunctionDeclaration: checkFunction,
      FunctionExpression: checkFunction,
      ArrowFunctionExpression: checkParameters,
      TSDeclareFunction: checkFunction,
      ClassDeclaration: checkId,
      TSInterfaceDeclaration: checkId,
      TSTypeAliasDeclaration: checkId,
      TSEnumDeclaration: checkId,
      TSEnumMember: checkId,
      MethodDefinition: checkKey,
      TSAbstractMethodDefinition: checkKey,
      PropertyDefinition: checkKey,
      TSAbstractPropertyDefinition: checkKey,
      TSPropertySignature: checkKey,
      TSMethodSignature: checkKey,
    };
  },
};

export const wordsPlugin = { rules: { 'plain-words': plainWords } };

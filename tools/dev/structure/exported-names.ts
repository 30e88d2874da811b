import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './workspace.ts';

/** Names that several packages may each export. */
const ONCE_A_PACKAGE = new Set([
  // Nest's convention: the root module of a service.
  'AppModule',
  // What a worker thread imports of a module of models.
  'models',
]);

/** Names that more than one file declares and exports, with those files; a re-export is no second declaration. */
export function duplicateExports(files: readonly string[], root = ROOT): Map<string, string[]> {
  const declaredIn = new Map<string, string[]>();
  for (const file of files)
    for (const name of exportedNames(readFileSync(join(root, file), 'utf8'), file))
      if (!ONCE_A_PACKAGE.has(name)) declaredIn.set(name, [...(declaredIn.get(name) ?? []), file]);
  return new Map([...declaredIn].filter(([, where]) => where.length > 1).sort());
}

/** The names that a module declares and exports: values, types, and both under one name once. */
export function exportedNames(source: string, file = 'module.ts'): Set<string> {
  const names = new Set<string>();
  for (const statement of ts.createSourceFile(file, source, ts.ScriptTarget.Latest).statements) {
    if (ts.isExportDeclaration(statement)) {
      const isLocal = !statement.moduleSpecifier && statement.exportClause;
      if (isLocal && ts.isNamedExports(isLocal))
        for (const { name } of isLocal.elements) names.add(name.text);
      continue;
    }
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) continue;
    if (ts.isVariableStatement(statement))
      for (const { name } of statement.declarationList.declarations) addBound(name, names);
    else if (
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isEnumDeclaration(statement)
    )
      names.add(statement.name?.text ?? 'default');
  }
  return names;
}

function addBound(name: ts.BindingName, names: Set<string>): void {
  if (ts.isIdentifier(name)) names.add(name.text);
  else for (const element of name.elements) if (ts.isBindingElement(element)) addBound(element.name, names);
}

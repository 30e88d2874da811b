/** `npm run images:size`: prints what each service's image would hold, and fails where one holds a package that it must not, or more than its
 *  budget. */
import { BUDGETS, imageSizes, megabytes, type InstalledPackage } from './image-sizes.ts';

const LARGEST = 8;

const images = imageSizes();
for (const { service, bytes, withNode, packages, forbidden } of images) {
  console.log(
    `${service.padEnd(14)}${megabytes(bytes).padStart(10)}  ${packages.length} packages; ${megabytes(withNode)} with Node, of ${megabytes(BUDGETS[service])}`,
  );
  for (const { owner, bytes: size, count } of byOwner(packages).slice(0, LARGEST))
    console.log(`  ${megabytes(size).padStart(10)}  ${owner}${count > 1 ? ` (${count})` : ''}`);
  for (const name of forbidden) console.log(`  must not hold ${name}`);
}
if (images.some(({ service, withNode, forbidden }) => forbidden.length > 0 || withNode > BUDGETS[service]))
  process.exitCode = 1;

/** Packages of one scope together, and versions of one package: what one dependency brings is often many packages. */
function byOwner(packages: readonly InstalledPackage[]): { owner: string; bytes: number; count: number }[] {
  const sums = new Map<string, { owner: string; bytes: number; count: number }>();
  for (const { name, bytes } of packages) {
    const owner = name.startsWith('@') ? `${name.split('/')[0]}/*` : name;
    const sum = sums.get(owner) ?? { owner, bytes: 0, count: 0 };
    sums.set(owner, { owner, bytes: sum.bytes + bytes, count: sum.count + 1 });
  }
  return [...sums.values()].sort((a, b) => b.bytes - a.bytes);
}

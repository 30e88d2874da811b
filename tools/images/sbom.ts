/** `node tools/images/sbom.ts SERVICE`: prints what of npm and of us the service's image holds, as CycloneDX 1.6. The same lock file makes
 *  the same text: no time, no random number. What Debian brings is in the attestation that buildx adds (docker-bake.hcl). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { imageClosure } from '../dev/structure/image-sizes.ts';

interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
}
type Lock = Parameters<typeof imageClosure>[0] & Readonly<Record<string, LockedPackage>>;

const [service = ''] = process.argv.slice(2);
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Lock };
const components = [...imageClosure(packages, `apps/${service}`, process.cwd())]
  .map((location) => component(location, packages[location] ?? {}))
  .sort((a, b) => a.purl.localeCompare(b.purl));
const main = components.find(({ name }) => name === `@parlance/${service}`);
const digest = createHash('sha256').update(JSON.stringify(components)).digest('hex');
const bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  // Of the contents, in the form of a UUID.
  serialNumber: `urn:uuid:${digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-8$4-$5')}`,
  version: 1,
  metadata: { component: { ...main, type: 'application' } },
  components: components.filter((one) => one !== main),
};
process.stdout.write(`${JSON.stringify(bom, undefined, 1)}\n`);

function component(location: string, { version = '0.0.0', license, integrity }: LockedPackage) {
  const name = location.includes('node_modules/')
    ? location.split('node_modules/').at(-1)!
    : `@parlance/${location.split('/').at(-1)}`;
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [algorithm, hash] = integrity?.split(' ')[0]?.split(/-(.*)/) ?? [];
  return {
    type: 'library',
    'bom-ref': `${purl}#${location}`,
    name,
    version,
    purl,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(algorithm && hash
      ? {
          hashes: [
            { alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(hash, 'base64').toString('hex') },
          ],
        }
      : {}),
  };
}

/** Files that nothing reads at run time. */
const NOT_READ = /(\.d\.[cm]?ts|\.map|\.md|\.markdown|\.flow|\.tsbuildinfo)$/i;
const LICENCE = /\/(licen[cs]e|notice|copying|copyright)[^/]*$/i;
/** ONNX Runtime's binaries, each for a system. */
const BINARIES = /\/onnxruntime-node\/bin\/[^/]+\/(?<system>[^/]+)(\/(?<processor>[^/]+))?(\/|$)/;

/** Whether an image holds a file or a folder of a package, by its path. Licences stay. */
export function isNeeded(path: string, system = 'linux', processor: string = process.arch): boolean {
  const binary = BINARIES.exec(path)?.groups;
  if (binary && (binary.system !== system || (binary.processor ?? processor) !== processor)) return false;
  return LICENCE.test(path) || !NOT_READ.test(path);
}

import { describe, expect, it } from '@jest/globals';
import { isNeeded } from './needed.ts';

describe('what an image holds of a package', () => {
  it.each([
    ['node_modules/zod/index.js', true],
    ['node_modules/zod/package.json', true],
    ['node_modules/zod/index.d.cts', false],
    ['node_modules/zod/index.js.map', false],
    ['node_modules/zod/README.md', false],
    ['node_modules/zod/LICENSE.md', true],
    ['apps/gateway/dist/main.js', true],
    ['node_modules/onnxruntime-node/bin', true],
    ['node_modules/onnxruntime-node/bin/napi-v6/linux', true],
    ['node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1', true],
    ['node_modules/onnxruntime-node/bin/napi-v6/linux/arm64', false],
    ['node_modules/onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll', false],
  ])('%s: %p', (path, held) => {
    expect(isNeeded(path, 'linux', 'x64')).toBe(held);
  });
});

import type { ObjectStore } from './object-store.js';
import type { S3Options } from './s3-options.js';

/** Loads the S3 SDK only where a bucket is configured: its import costs every process some 35 MiB. */
export async function openS3ObjectStore(options: S3Options): Promise<ObjectStore> {
  const { S3ObjectStore } = await import('./s3-object-store.provider.js');
  return new S3ObjectStore(options);
}

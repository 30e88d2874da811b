/** An S3 bucket, Amazon's or another store's. */
export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  /** For other stores than Amazon's, e.g. `https://minio.internal:9000`. */
  readonly endpoint?: string;
  /** Without keys the SDK's own chain finds credentials. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
}

/** The bucket named by @parlance/config's `objectStoreEnv`; undefined when none is. */
export function s3OptionsFrom(environment: {
  readonly PARLANCE_S3_BUCKET?: string;
  readonly PARLANCE_S3_ENDPOINT?: string;
  readonly AWS_REGION: string;
}): S3Options | undefined {
  const { PARLANCE_S3_BUCKET: bucket, PARLANCE_S3_ENDPOINT: endpoint, AWS_REGION: region } = environment;
  return bucket === undefined ? undefined : { bucket, region, ...(endpoint ? { endpoint } : {}) };
}

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

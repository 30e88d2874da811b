import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Schema, type Model } from 'mongoose';
import { StoreConnection } from '../store-connection.js';

/** A key that signs access tokens: of the installation, not of a tenant. */
export interface SigningKeyRecord {
  /** RFC 7638: the thumbprint of the public key. */
  readonly id: string;
  /** SPKI, in PEM. */
  readonly publicKey: string;
  /** The private key, encrypted. */
  readonly encrypted: string;
  readonly createdAt: Date;
}

interface SigningKeyDocument extends Omit<SigningKeyRecord, 'id'> {
  readonly _id: string;
}

const signingKeySchema = new Schema<SigningKeyDocument>(
  {
    _id: { type: String, required: true },
    publicKey: { type: String, required: true },
    encrypted: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { collection: 'signing_keys', versionKey: false, strict: 'throw' },
);
signingKeySchema.index({ createdAt: -1 });

/** Keys that sign access tokens. */
@Injectable()
export class SigningKeyRepository implements OnModuleInit {
  private readonly model: Model<SigningKeyDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<SigningKeyDocument>('SigningKey', signingKeySchema);
  }

  /** Makes the collection and its index, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** Those made after a moment, the newest first. */
  async list(after: Date): Promise<SigningKeyRecord[]> {
    const found = await this.store.run(() =>
      this.model
        .find({ createdAt: { $gt: after } })
        .sort({ createdAt: -1 })
        .lean<SigningKeyDocument[]>(),
    );
    return found.map(({ _id, ...rest }) => ({ id: _id, ...rest }));
  }

  async add({ id, ...rest }: SigningKeyRecord): Promise<void> {
    await this.store.run(() => this.model.create({ _id: id, ...rest }));
  }

  async removeOlder(than: Date): Promise<void> {
    await this.store.run(() => this.model.deleteMany({ createdAt: { $lte: than } }));
  }
}

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { SigningKeyRepository, type SigningKeyRecord } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { decrypt, encrypt } from './encrypted-key.js';

const DAY_MS = 86_400_000;
/** A key that another replica has made, or that was removed, is known here after so long. */
const REREAD_MS = 60_000;
/** Tokens of unknown keys have the store read no more often. */
const COOLDOWN_MS = 1_000;

interface KnownKey {
  readonly kid: string;
  readonly algorithm: 'EdDSA' | 'ES256';
  readonly publicKey: KeyObject;
  /** Undefined where the secret of today does not open it. */
  readonly privateKey: KeyObject | undefined;
  /** Undefined for a key of the configuration, which does not age. */
  readonly createdAt: Date | undefined;
}

/** The keys that sign this installation's access tokens: of the configuration, or made here and kept in the store, encrypted. */
@Injectable()
export class SigningKeys implements OnModuleInit {
  /** The newest first. */
  private known: readonly KnownKey[] = [];
  private readAt = -Infinity;
  private reading: Promise<void> | undefined;
  private making: ReturnType<SigningKeys['make']> | undefined;
  private readonly signing: NonNullable<GatewayConfig['accounts']>['signing'] | undefined;

  constructor(
    private readonly repository: SigningKeyRepository,
    @Inject(GATEWAY_CONFIG) { accounts }: Pick<GatewayConfig, 'accounts'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.signing = accounts?.signing;
  }

  /** Nest makes the collection of the repository first: it is initialised before its users. */
  async onModuleInit(): Promise<void> {
    if (!this.signing) return;
    if (this.signing.keys.length > 0)
      this.known = await Promise.all(this.signing.keys.map((key) => knownKey(key, undefined)));
    else await this.current();
  }

  /** The key that signs now; a new one where the last is too old. */
  async current(now = new Date()): Promise<KnownKey & { readonly privateKey: KeyObject }> {
    if (this.isFromStore && performance.now() - this.readAt > REREAD_MS) await this.read(now);
    const signs = (key: KnownKey): key is KnownKey & { readonly privateKey: KeyObject } =>
      key.privateKey !== undefined &&
      (key.createdAt === undefined || now.getTime() - key.createdAt.getTime() < this.lifeMs);
    const known = this.known.find(signs);
    if (known) return known;
    // One for all who ask meanwhile.
    this.making ??= this.make(now).finally(() => (this.making = undefined));
    return this.making;
  }

  /** The public key that a token names; undefined where there is none. A name is only compared: it reaches no file, no address. */
  async find(kid: unknown): Promise<Pick<KnownKey, 'publicKey' | 'algorithm'> | undefined> {
    const named = () => this.known.find((key) => key.kid === kid);
    const age = performance.now() - this.readAt;
    if (this.isFromStore && (age > REREAD_MS || (!named() && age > COOLDOWN_MS))) await this.read();
    return named();
  }

  /** RFC 7517: the public keys by which anybody may verify our tokens. */
  async keySet(): Promise<{ readonly keys: readonly JWK[] }> {
    if (this.isFromStore && performance.now() - this.readAt > REREAD_MS) await this.read();
    const keys = await Promise.all(
      this.known.map(async ({ kid, algorithm, publicKey }) => ({
        ...(await exportJWK(publicKey)),
        ...{ kid, alg: algorithm, use: 'sig' },
      })),
    );
    return { keys };
  }

  private get isFromStore(): boolean {
    return this.signing?.secret !== undefined;
  }

  private get lifeMs(): number {
    return (this.signing?.days ?? 0) * DAY_MS;
  }

  /** By one question for all who ask meanwhile. */
  private read(now = new Date()): Promise<void> {
    this.reading ??= this.readStore(now).finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async readStore(now: Date): Promise<void> {
    // Tokens outlive the key's time by an hour at most; a day is kept for clocks and caches.
    const before = new Set(this.known.map(({ kid }) => kid));
    const kept = await this.repository.list(new Date(now.getTime() - this.lifeMs - DAY_MS));
    const opened = await Promise.all(kept.map((record) => this.open(record)));
    const listed = new Set(kept.map(({ id }) => id));
    // What was made here while the store was read.
    const made = this.known.filter(({ kid }) => !before.has(kid) && !listed.has(kid));
    this.known = [...made, ...opened];
    this.readAt = performance.now();
  }

  private async open(record: SigningKeyRecord): Promise<KnownKey> {
    const { id, publicKey, encrypted, createdAt } = record;
    try {
      const pem = decrypt(encrypted, this.signing?.secret ?? '', id);
      return await knownKey(createPrivateKey(pem), createdAt);
    } catch {
      this.logger.warn(
        { kid: id },
        'a signing key is not opened by PARLANCE_SIGNING_SECRET, a new one signs',
      );
      return { ...(await knownKey(createPublicKey(publicKey), createdAt)), privateKey: undefined };
    }
  }

  /** Two replicas may make one each at the same time: both are published. */
  private async make(now: Date): Promise<KnownKey & { readonly privateKey: KeyObject }> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = { ...(await knownKey(privateKey, now)), privateKey };
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await this.repository.add({
      id: key.kid,
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      encrypted: encrypt(pem, this.signing?.secret ?? '', key.kid),
      createdAt: now,
    });
    await this.repository.removeOlder(new Date(now.getTime() - this.lifeMs - DAY_MS));
    this.known = [key, ...this.known];
    this.logger.info({ kid: key.kid }, 'a new key signs access tokens');
    return key;
  }
}

async function knownKey(key: KeyObject, createdAt: Date | undefined): Promise<KnownKey> {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return {
    kid: await calculateJwkThumbprint(await exportJWK(publicKey)),
    algorithm: publicKey.asymmetricKeyType === 'ed25519' ? 'EdDSA' : 'ES256',
    publicKey,
    privateKey: key.type === 'private' ? key : undefined,
    createdAt,
  };
}

import { decode, encode } from '@msgpack/msgpack';
import type { Namespace } from 'socket.io';
import { ClusterAdapterWithHeartbeat, type ClusterMessage, type ClusterResponse } from 'socket.io-adapter';
import type { Announcements, MessageBus } from '@parlance/messaging';
import type { Logger } from '@parlance/telemetry';

/** Joins the rooms of all replicas: what is sent to a room reaches its sockets wherever they are, over core NATS. Events that must
 *  not be lost go another way, through the session's stream. */
export class ReplicaAdapter extends ClusterAdapterWithHeartbeat {
  private readonly channel: string;
  private readonly listening: readonly Announcements[];

  /** @throws AppError upstream.unavailable */
  constructor(
    namespace: Namespace,
    private readonly bus: MessageBus,
    private readonly logger: Logger,
  ) {
    super(namespace, {});
    this.channel = `socketio.${namespace.name.slice(1)}`;
    this.listening = [this.channel, `${this.channel}.${this.uid}`].map((name) => bus.announcements(name));
    for (const announcements of this.listening) void this.read(announcements);
  }

  override close(): void {
    super.close();
    for (const announcements of this.listening) announcements.close();
  }

  protected override doPublish(message: ClusterMessage): Promise<string> {
    return this.publishTo(this.channel, message);
  }

  protected override async doPublishResponse(requester: string, response: ClusterResponse): Promise<void> {
    await this.publishTo(`${this.channel}.${requester}`, response);
  }

  /** Its rejection is the base class' to handle: it sends to the sockets of this replica all the same. */
  private async publishTo(channel: string, message: unknown): Promise<string> {
    this.bus.announce(channel, encode(message, { ignoreUndefined: true }));
    // Places in a stream, for the base class' own recovery: there is none here.
    return '';
  }

  private async read(announcements: Announcements): Promise<void> {
    for await (const data of announcements) {
      try {
        this.onMessage(decode(data) as ClusterMessage);
      } catch (err) {
        this.logger.warn({ err }, 'a message of another replica could not be read');
      }
    }
  }
}

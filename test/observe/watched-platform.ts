import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Platform, type PlatformOptions } from '../support/platform.js';
import { PrometheusServer } from '../support/prometheus.js';

/** A platform whose processes a Prometheus reads as pods, each life of them under the same name. */
export class WatchedPlatform {
  private readonly others = new Map<string, string>();
  private readonly following: NodeJS.Timeout;

  private constructor(
    /** For files of its processes; it is removed with them. */
    readonly folder: string,
    readonly platform: Platform,
    readonly prometheus: PrometheusServer,
  ) {
    this.follow();
    this.following = setInterval(() => this.follow(), 500);
  }

  /** @param speed  how many times faster than written the alerts are
   *  @param options  of the platform, by the folder that its files may lie in */
  static async start(speed: number, options: (folder: string) => PlatformOptions): Promise<WatchedPlatform> {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-watched-'));
    const prometheus = await PrometheusServer.start(speed);
    try {
      return new WatchedPlatform(folder, await Platform.start(options(folder)), prometheus);
    } catch (error) {
      await prometheus.stop();
      throw error;
    }
  }

  /** Adds a process that is none of the platform's own. */
  addPod(name: string, opsUrl: string): void {
    this.others.set(name, opsUrl);
  }

  async stop(): Promise<void> {
    clearInterval(this.following);
    await this.platform.stop();
    await this.prometheus.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A process that was started again has another port. */
  private follow(): void {
    const { platform } = this;
    this.prometheus.watch({
      'gateway-0': platform.gateway.process.opsUrl,
      'inference-0': platform.service('inference').opsUrl,
      'conversation-0': platform.service('conversation').opsUrl,
      'tts-0': platform.service('tts').opsUrl,
      ...Object.fromEntries(this.others),
    });
  }
}

import { Injectable } from '@nestjs/common';
import type { Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { ProgressRepository } from '@parlance/persistence';
import { actingFor } from '../auth/access.guard.js';
import { noPicture, pictureFileOf, type PictureFile } from '../pictures/assessment-pictures.service.js';
import { PICTURE_CONTENT_TYPES } from '../pictures/picture.schema.js';
import { PictureRenderer } from '../pictures/picture-renderer.service.js';
import { firstWeek, progressView } from './progress.js';

/** What is drawn of progress. */
export const PROGRESS_PICTURES = ['trend'] as const;

/** How learners' assessed turns develop, as numbers and as a picture. */
@Injectable()
export class LearnerProgressService {
  constructor(
    private readonly progress: ProgressRepository,
    private readonly renderer: PictureRenderer,
  ) {}

  /** @throws AppError request.invalid where it is not said whose progress is wanted, auth.forbidden */
  async of(caller: Principal, named: string | undefined, weeks: number) {
    const { tenant, user } = actingFor(caller, named);
    if (user === undefined) throw new AppError('request.invalid', 'user: say whose progress is wanted');
    const since = firstWeek(weeks);
    return progressView(user, since, await this.progress.progressOf(tenant, user, since));
  }

  /** @throws AppError picture.not_found, those of `of` and of the renderer */
  async draw(
    caller: Principal,
    named: string | undefined,
    weeks: number,
    { file, signal }: { readonly file: string; readonly signal: AbortSignal },
  ): Promise<PictureFile> {
    const { name, format } = pictureFileOf(file, PROGRESS_PICTURES);
    const progress = await this.of(caller, named, weeks);
    const data = { name, weeks: progress.weeks };
    const content = await this.renderer.draw(data, format, { tenant: caller.tenant, signal });
    if (!content) throw noPicture('There is no assessed turn to draw.');
    return { contentType: PICTURE_CONTENT_TYPES[format], content };
  }
}

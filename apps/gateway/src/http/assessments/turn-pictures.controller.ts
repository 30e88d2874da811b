import { Controller, Get, Inject, Param, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, type TenantRequest } from '../../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import {
  AssessmentPictures,
  pictureFiles,
  type PictureFile,
} from '../../pictures/assessment-pictures.service.js';
import { ASSESSMENT_PICTURES, PICTURE_CONTENT_TYPES } from '../../pictures/picture.schema.js';
import { AnswersFile } from '../openapi-answers.js';
import { TurnOwnerGuard } from '../owner.guards.js';
import { QueryGuard } from '../query.guard.js';
import { causeOf, requestSignal } from '../request-scope.js';
import { UploadAdmission } from '../upload-admission.service.js';

/** Pictures of how a turn was spoken. */
@ApiTags('Turns')
@ApiBearerAuth()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/turns')
export class TurnPicturesController {
  constructor(
    private readonly pictures: AssessmentPictures,
    private readonly admission: UploadAdmission,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get(':id/pictures/:file')
  @UseGuards(TurnOwnerGuard)
  @ApiOperation({ summary: "A picture of a turn's assessment; the waveform where the recording is kept" })
  @ApiParam({ name: 'file', schema: { type: 'string', enum: pictureFiles(ASSESSMENT_PICTURES) } })
  @AnswersFile('The picture', ...Object.values(PICTURE_CONTENT_TYPES))
  async find(
    @Req() { tenant }: TenantRequest,
    @Param('id') id: string,
    @Param('file') file: string,
    @Res() response: Response,
  ): Promise<void> {
    const signal = requestSignal(response, this.config.http.uploadLimitMs);
    const memory = this.admission.admit(tenant, response);
    const picture = await this.pictures
      .ofTurn(id, file, memory, { tenant, signal })
      .catch((error: unknown) => {
        throw causeOf(error, signal);
      });
    sendPicture(picture, response);
  }
}

/** A picture is a document of its own, which loads and runs nothing. */
export function sendPicture({ contentType, content }: PictureFile, response: Response): void {
  response.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
  response.setHeader('content-type', contentType);
  response.setHeader('content-length', String(content.length));
  response.end(content);
}

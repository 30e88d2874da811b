import { pipeline } from 'node:stream/promises';
import { Controller, Delete, Get, HttpCode, Put, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiConsumes, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { MOST_PICTURE_BYTES, ProfilePictures } from '../access/profile-pictures.service.js';
import { AUDIT_RULES } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, type TenantRequest } from '../auth/access.guard.js';
import { AnswersFile, AnswersJson, AnswersNothing } from './openapi-answers.js';
import { pictureAnswer, PICTURE_TYPES } from './people-openapi.js';
import { QueryGuard } from './query.guard.js';

/** A person's picture. */
@ApiTags('Accounts')
@ApiBearerAuth()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/profile/picture')
export class PictureController {
  constructor(private readonly pictures: ProfilePictures) {}

  @Put()
  @ApiConsumes(...PICTURE_TYPES)
  @ApiBody({ schema: { type: 'string', format: 'binary', maxLength: MOST_PICTURE_BYTES } })
  @ApiOperation({ summary: 'Set the picture: a PNG, JPEG or WebP file of 1 MiB at most' })
  @AnswersJson(pictureAnswer, 'It is kept')
  @Audited(AUDIT_RULES.pictureSet)
  put(@Req() request: TenantRequest) {
    const announced = Number(request.headers['content-length'] ?? 0);
    return this.pictures.put(request.caller, request.subject, request, announced);
  }

  @Get()
  @ApiOperation({ summary: "The caller's picture" })
  @AnswersFile('The picture', ...PICTURE_TYPES)
  async find(@Req() { caller }: TenantRequest, @Res() response: Response): Promise<void> {
    const { reference, content, contentType } = await this.pictures.open(caller);
    response.setHeader('content-type', contentType);
    response.setHeader('content-length', String(reference.bytes));
    response.setHeader('content-disposition', 'inline; filename="picture"');
    await pipeline(content, response);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove the picture' })
  @AnswersNothing('It is gone')
  @Audited(AUDIT_RULES.pictureRemoved)
  remove(@Req() { caller }: TenantRequest): Promise<void> {
    return this.pictures.remove(caller);
  }
}

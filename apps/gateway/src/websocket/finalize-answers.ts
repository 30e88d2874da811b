/** Finds which final answers a client's Finalize: the last one of what was said before it. */
export class FinalizeAnswers {
  /** Utterances whose finals are answers. */
  private readonly awaited = new Set<string>();
  private newestEnded: string | undefined;

  /** Recognition has read a Finalize. @param utteranceId  whose final is the answer, empty where none is to come
   *  @returns whether nothing is to come, so that an empty final answers */
  isAnsweredNow(utteranceId: string): boolean {
    if (utteranceId === '' || utteranceId === this.newestEnded) return true;
    this.awaited.add(utteranceId);
    return false;
  }

  /** @returns whether a final is an answer */
  isAnswer(utteranceId: string): boolean {
    return this.awaited.delete(utteranceId);
  }

  /** An utterance has ended. @returns whether its final should have been an answer and did not come: it has no words */
  endedUnanswered(utteranceId: string): boolean {
    this.newestEnded = utteranceId;
    return this.awaited.delete(utteranceId);
  }
}

/** Where the object store has the picture of an account. */
export function pictureKeyOf(tenant: string, account: string): string {
  return `pictures/${tenant}/${account}`;
}

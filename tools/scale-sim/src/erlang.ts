/** Erlang's B formula: the share of calls that find all servers busy, and go. By its recursion in the number of servers.
 *  @param load  offered, in Erlang: arrivals a second × seconds each takes */
export function erlangB(servers: number, load: number): number {
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}

/** Erlang's C formula: the share of calls that have to wait where all of them wait. 1 where the servers cannot keep up. */
export function erlangC(servers: number, load: number): number {
  if (load >= servers) return 1;
  const blocked = erlangB(servers, load);
  return blocked / (1 - (load / servers) * (1 - blocked));
}

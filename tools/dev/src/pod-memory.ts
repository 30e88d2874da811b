/** How a service uses memory in its image (gpu-images/base.Dockerfile), for processes that are started without one. */

/** A small young generation: the services hold little that lives long, and V8's default costs each tens of megabytes. */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=4'];

export const ALLOCATOR: Readonly<Record<string, string>> = {
  // glibc keeps an arena of freed memory for every thread; with native threads that comes to tens of megabytes. One thread at a time
  // takes the tensors, so one arena is enough.
  MALLOC_ARENA_MAX: '1',
  // Tensors of a graph run stay in the heap for the next one: memory fresh from the system costs an encoder run half its time again.
  MALLOC_MMAP_THRESHOLD_: '33554432',
  MALLOC_TRIM_THRESHOLD_: '67108864',
};

/** Of the speech service: its models have arenas of their own, and what a released one held goes back to the system. */
export const SPEECH_ALLOCATOR: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '1048576',
};

/** How a service uses memory in its image (gpu-images/base.Dockerfile), for processes that are started without one. */

/** A small young generation: the services hold little that lives long, and V8's default costs each tens of megabytes. */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=4'];

export const ALLOCATOR: Readonly<Record<string, string>> = {
  // glibc keeps an arena of freed memory for every thread; with native threads that comes to tens of megabytes.
  MALLOC_ARENA_MAX: '2',
  // Tensors of half a mebibyte and more go back to the system when they are freed, instead of leaving holes in the heap.
  MALLOC_MMAP_THRESHOLD_: '524288',
  MALLOC_TRIM_THRESHOLD_: '4194304',
};

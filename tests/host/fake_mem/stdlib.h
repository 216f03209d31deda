/* malloc() that can fail, for what is tested with tests/host/mem_fake.c. */
#ifndef TEST_FAKE_MEM_STDLIB_H
#define TEST_FAKE_MEM_STDLIB_H

#include_next <stdlib.h>

void *mem_fake_malloc(size_t bytes);

#ifndef MEM_FAKE_REAL_MALLOC
#define malloc mem_fake_malloc
#endif

#endif

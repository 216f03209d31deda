/**
 * The test says which dispatcher runs.
 */
#ifndef KERNEL_CURRENT_H
#define KERNEL_CURRENT_H

struct dcb;

struct dcb *dcb_current(void);

#endif

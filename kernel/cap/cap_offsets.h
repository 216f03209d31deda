/**
 * Where the assembler finds the fields of a slot; asserted in cap.h.
 */
#ifndef KERNEL_CAP_OFFSETS_H
#define KERNEL_CAP_OFFSETS_H

#define CAP_OFF_BASE  0
#define CAP_OFF_AUX32 24
#define CAP_OFF_TYPE  28

#endif

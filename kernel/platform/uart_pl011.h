/**
 * Arm's PL011 UART (DDI 0183), sending only.
 */
#ifndef KERNEL_UART_PL011_H
#define KERNEL_UART_PL011_H

#include <abi/types.h>

void uart_pl011_init(lvaddr_t registers);
void uart_pl011_put(lvaddr_t registers, uint8_t byte);
void uart_pl011_flush(lvaddr_t registers);

#endif

/**
 * The i.MX UART, sending only. Register names as in the i.MX 8M Plus reference manual, chapter 16.
 */
#ifndef KERNEL_UART_IMX_H
#define KERNEL_UART_IMX_H

#include <abi/types.h>

void uart_imx_init(lvaddr_t registers);
void uart_imx_put(lvaddr_t registers, uint8_t byte);
void uart_imx_flush(lvaddr_t registers);

#endif

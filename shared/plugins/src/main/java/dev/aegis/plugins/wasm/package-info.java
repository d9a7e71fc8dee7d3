/**
 * WebAssembly modules as plugins, by the ABI of proxy-wasm 0.2. A module is anybody's: it reaches
 * nothing but its own memory and what {@link dev.aegis.plugins.wasm.HostCalls} offers.
 */
@NullMarked
package dev.aegis.plugins.wasm;

import org.jspecify.annotations.NullMarked;

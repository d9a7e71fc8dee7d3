/** Whether an identified request may go on: what its roles allow, and how much of it. */
package dev.aegis.gateway.admission;

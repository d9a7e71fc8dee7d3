package dev.aegis.cli;

import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/**
 * What one run of a command has around it.
 *
 * @param out results
 * @param err everything else
 * @param watched whether {@code err} is a terminal, where somebody looks on
 * @param in where documents come from that are not in a file
 * @param prompt whom to ask for a secret
 * @param environment variables
 * @param clock what time it is
 * @param home folder of the installation; its {@code .aegis} is where {@code ./aegis up} keeps
 *     state when there is none in the working directory
 */
record Session(
    PrintWriter out,
    PrintWriter err,
    boolean watched,
    InputStream in,
    Prompt prompt,
    Map<String, String> environment,
    InstantSource clock,
    Path home) {}

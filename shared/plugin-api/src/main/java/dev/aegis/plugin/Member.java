package dev.aegis.plugin;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What the JSON Schema says of one member of a configuration beside its type. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Member {
  /** What it means, in a sentence. */
  String value();

  /**
   * What it is when it is not there, as JSON, or a word as it is. Without it the member is
   * required, unless it is a list or a map, which is then empty.
   */
  String otherwise() default "";

  /** Least number. */
  long least() default Long.MIN_VALUE;

  /** Greatest number. */
  long most() default Long.MAX_VALUE;

  /**
   * Whether it is kept under the master key and never shown again: not by the API, not in files,
   * histories or logs. Who writes a configuration without it keeps the one that is there. It may be
   * of any type, and is secret as a whole. In a list of records it is kept for an item of which all
   * else is as it was.
   */
  boolean secret() default false;
}

package dev.aegis.bench.peer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Spring Cloud Gateway as its guide starts it; its one route comes on the command line. */
@SpringBootApplication
public class SpringCloudGateway {
  /** Runs until the process is told to end. */
  public static void main(String[] args) {
    SpringApplication.run(SpringCloudGateway.class, args);
  }
}

package dev.aegis.gateway;

import dev.aegis.chassis.ServiceMain;
import dev.aegis.gateway.settings.GatewaySettings;

/** Runs a gateway as a process of its own. */
public final class GatewayMain {
  private GatewayMain() {}

  /** Runs until the process is told to end. */
  public static void main(String[] args) {
    ServiceMain.run(GatewayService.NAME, args, GatewaySettings.ALL, GatewayService::new);
  }
}

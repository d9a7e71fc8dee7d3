package dev.aegis.admin;

import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.chassis.ServiceMain;

/** Runs the admin service as a process of its own. */
public final class AdminMain {
  private AdminMain() {}

  /** Runs until the process is told to end. */
  public static void main(String[] args) {
    ServiceMain.run(
        AdminService.NAME, args, AdminSettings.ALL, (settings, logs) -> new AdminService(settings));
  }
}
